define void @run(ptr %v1, i64 %v2, i64 %v3, ptr %meeting) #0 {
entry:
  %p1 = getelementptr ptr, ptr %v1, i64 0
  %v4 = load ptr, ptr %p1, align 8
  %p2 = getelementptr ptr, ptr %v1, i64 1
  %v5 = load ptr, ptr %p2, align 8
  %p3 = getelementptr ptr, ptr %v1, i64 2
  %v6 = load ptr, ptr %p3, align 8
  %p4 = getelementptr ptr, ptr %v1, i64 3
  %v7 = load ptr, ptr %p4, align 8
  %p5 = getelementptr i64, ptr %v4, i64 1
  %v8 = load i64, ptr %p5, align 8
  %p6 = getelementptr ptr, ptr %v1, i64 4
  %v9 = load ptr, ptr %p6, align 8
  %p7 = getelementptr ptr, ptr %v1, i64 5
  %v10 = load ptr, ptr %p7, align 8
  %p8 = getelementptr ptr, ptr %v1, i64 6
  %v11 = load ptr, ptr %p8, align 8
  %p9 = getelementptr ptr, ptr %v1, i64 7
  %v12 = load ptr, ptr %p9, align 8
  %p10 = getelementptr i64, ptr %v6, i64 0
  %v13 = load i64, ptr %p10, align 8
  %p11 = getelementptr ptr, ptr %v1, i64 8
  %v14 = load ptr, ptr %p11, align 8
  %p12 = getelementptr ptr, ptr %v1, i64 9
  %v15 = load ptr, ptr %p12, align 8
  %p13 = getelementptr ptr, ptr %v1, i64 10
  %v16 = load ptr, ptr %p13, align 8
  %p14 = getelementptr ptr, ptr %v1, i64 11
  %v17 = load ptr, ptr %p14, align 8
  %p15 = getelementptr ptr, ptr %v1, i64 12
  %v18 = load ptr, ptr %p15, align 8
  %p16 = getelementptr ptr, ptr %v1, i64 13
  %v19 = load ptr, ptr %p16, align 8
  %p17 = getelementptr ptr, ptr %v1, i64 14
  %v20 = load ptr, ptr %p17, align 8
  %p18 = getelementptr ptr, ptr %v1, i64 15
  %v21 = load ptr, ptr %p18, align 8
  %p19 = getelementptr ptr, ptr %v1, i64 16
  %v22 = load ptr, ptr %p19, align 8
  %p20 = getelementptr ptr, ptr %v1, i64 17
  %v23 = load ptr, ptr %p20, align 8
  %p21 = getelementptr ptr, ptr %v1, i64 18
  %v24 = load ptr, ptr %p21, align 8
  %p22 = getelementptr ptr, ptr %v1, i64 19
  %v25 = load ptr, ptr %p22, align 8
  %anyturn1 = icmp slt i64 0, %v2
  br i1 %anyturn1, label %turn1, label %after2
turn1:
  %v26 = phi i64 [ 0, %entry ], [ %nextturn1, %after13 ]
  %p23 = getelementptr i64, ptr %v6, i64 %v26
  %v27 = load i64, ptr %p23, align 8
  %v28 = add i64 %v26, 1
  %p24 = getelementptr i64, ptr %v6, i64 %v28
  %v29 = load i64, ptr %p24, align 8
  %v30 = sub i64 %v29, %v27
  %anyturn3 = icmp slt i64 0, %v30
  br i1 %anyturn3, label %turn3, label %after4
turn3:
  %v31 = phi i64 [ 0, %turn1 ], [ %nextturn3, %turn3 ]
  %v32 = add i64 %v27, %v31
  %p25 = getelementptr i64, ptr %v5, i64 %v32
  %v33 = load i64, ptr %p25, align 8
  %v34 = mul i64 %v33, 8
  %p26 = getelementptr float, ptr %v9, i64 %v34
  %v35 = load <8 x float>, ptr %p26, align 4
  %v36 = mul i64 8, %v8
  %v37 = mul i64 %v31, 8
  %p27 = getelementptr float, ptr %v15, i64 %v37
  store <8 x float> %v35, ptr %p27, align 4
  %nextturn3 = add i64 %v31, 1
  %moreturn3 = icmp slt i64 %nextturn3, %v30
  br i1 %moreturn3, label %turn3, label %after4
after4:
  %anyturn5 = icmp slt i64 0, %v30
  br i1 %anyturn5, label %turn5, label %after6
turn5:
  %v38 = phi i64 [ 0, %after4 ], [ %nextturn5, %turn5 ]
  %v39 = add i64 %v27, %v38
  %p28 = getelementptr i64, ptr %v5, i64 %v39
  %v40 = load i64, ptr %p28, align 8
  %p29 = getelementptr i32, ptr %v10, i64 %v40
  %v41 = load i32, ptr %p29, align 4
  %p30 = getelementptr i32, ptr %v16, i64 %v38
  store i32 %v41, ptr %p30, align 4
  %nextturn5 = add i64 %v38, 1
  %moreturn5 = icmp slt i64 %nextturn5, %v30
  br i1 %moreturn5, label %turn5, label %after6
after6:
  %p31 = getelementptr i8, ptr %v7, i64 %v26
  %v42 = load i8, ptr %p31, align 1
  %v43 = icmp ne i8 %v42, 0
  %anyturn7 = icmp slt i64 0, %v30
  br i1 %anyturn7, label %turn7, label %after8
turn7:
  %v44 = phi i64 [ 0, %after6 ], [ %nextturn7, %turn7 ]
  %p32 = getelementptr i32, ptr %v16, i64 %v44
  %v45 = load i32, ptr %p32, align 4
  %s33 = insertelement <8 x i32> poison, i32 %v45, i64 0
  %v46 = shufflevector <8 x i32> %s33, <8 x i32> poison, <8 x i32> zeroinitializer
  %p34 = getelementptr i32, ptr %v14, i64 0
  %v47 = load <8 x i32>, ptr %p34, align 4
  %v48 = icmp eq <8 x i32> %v46, %v47
  %v49 = uitofp <8 x i1> %v48 to <8 x float>
  %v50 = mul i64 8, %v8
  %v51 = mul i64 %v44, 8
  %p35 = getelementptr float, ptr %v17, i64 %v51
  store <8 x float> %v49, ptr %p35, align 4
  %v52 = fmul <8 x float> <float 0xBFF0000000000000, float 0xBFF0000000000000, float 0xBFF0000000000000, float 0xBFF0000000000000, float 0xBFF0000000000000, float 0xBFF0000000000000, float 0xBFF0000000000000, float 0xBFF0000000000000>, %v49
  %v53 = mul i64 8, %v8
  %v54 = mul i64 %v44, 8
  %p36 = getelementptr float, ptr %v18, i64 %v54
  store <8 x float> %v52, ptr %p36, align 4
  %v55 = mul i64 8, %v8
  %v56 = mul i64 %v44, 8
  %p37 = getelementptr float, ptr %v15, i64 %v56
  %v57 = load <8 x float>, ptr %p37, align 4
  %v58 = fcmp ogt <8 x float> <float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000>, %v57
  %v59 = fcmp uno <8 x float> <float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000>, <float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000>
  %v60 = or <8 x i1> %v58, %v59
  %v61 = select <8 x i1> %v60, <8 x float> <float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000, float 0xFFF0000000000000>, <8 x float> %v57
  %v62 = shufflevector <8 x float> %v61, <8 x float> %v61, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
  %v63 = shufflevector <8 x float> %v61, <8 x float> %v61, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
  %v64 = fcmp ogt <4 x float> %v62, %v63
  %v65 = fcmp uno <4 x float> %v62, %v62
  %v66 = or <4 x i1> %v64, %v65
  %v67 = select <4 x i1> %v66, <4 x float> %v62, <4 x float> %v63
  %v68 = shufflevector <4 x float> %v67, <4 x float> %v67, <2 x i32> <i32 0, i32 1>
  %v69 = shufflevector <4 x float> %v67, <4 x float> %v67, <2 x i32> <i32 2, i32 3>
  %v70 = fcmp ogt <2 x float> %v68, %v69
  %v71 = fcmp uno <2 x float> %v68, %v68
  %v72 = or <2 x i1> %v70, %v71
  %v73 = select <2 x i1> %v72, <2 x float> %v68, <2 x float> %v69
  %v74 = extractelement <2 x float> %v73, i64 0
  %v75 = extractelement <2 x float> %v73, i64 1
  %v76 = fcmp ogt float %v74, %v75
  %v77 = fcmp uno float %v74, %v74
  %v78 = or i1 %v76, %v77
  %v79 = select i1 %v78, float %v74, float %v75
  %p38 = getelementptr float, ptr %v19, i64 %v44
  store float %v79, ptr %p38, align 4
  %v80 = mul i64 8, %v8
  %v81 = mul i64 %v44, 8
  %p39 = getelementptr float, ptr %v15, i64 %v81
  %v82 = load <8 x float>, ptr %p39, align 4
  %p40 = getelementptr float, ptr %v19, i64 %v44
  %v83 = load float, ptr %p40, align 4
  %s41 = insertelement <8 x float> poison, float %v83, i64 0
  %v84 = shufflevector <8 x float> %s41, <8 x float> poison, <8 x i32> zeroinitializer
  %v85 = fsub <8 x float> %v82, %v84
  %v86 = mul i64 8, %v8
  %v87 = mul i64 %v44, 8
  %p42 = getelementptr float, ptr %v20, i64 %v87
  store <8 x float> %v85, ptr %p42, align 4
  %v88 = fcmp ogt <8 x float> %v85, <float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000>
  %v89 = select <8 x i1> %v88, <8 x float> <float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000, float 0x4056400000000000>, <8 x float> %v85
  %v90 = fcmp olt <8 x float> %v89, <float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000>
  %v91 = select <8 x i1> %v90, <8 x float> <float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000, float 0xC05A000000000000>, <8 x float> %v89
  %v92 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v91, <8 x float> <float 0x3FF7154760000000, float 0x3FF7154760000000, float 0x3FF7154760000000, float 0x3FF7154760000000, float 0x3FF7154760000000, float 0x3FF7154760000000, float 0x3FF7154760000000, float 0x3FF7154760000000>, <8 x float> <float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000>)
  %v93 = bitcast <8 x float> %v92 to <8 x i32>
  %v94 = sub <8 x i32> %v93, <i32 1262485250, i32 1262485250, i32 1262485250, i32 1262485250, i32 1262485250, i32 1262485250, i32 1262485250, i32 1262485250>
  %v95 = fsub <8 x float> %v92, <float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000, float 0x4168000000000000>
  %v96 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v95, <8 x float> <float 0xBFE62E4300000000, float 0xBFE62E4300000000, float 0xBFE62E4300000000, float 0xBFE62E4300000000, float 0xBFE62E4300000000, float 0xBFE62E4300000000, float 0xBFE62E4300000000, float 0xBFE62E4300000000>, <8 x float> %v91)
  %v97 = fmul <8 x float> %v95, <float 0x3E205C6100000000, float 0x3E205C6100000000, float 0x3E205C6100000000, float 0x3E205C6100000000, float 0x3E205C6100000000, float 0x3E205C6100000000, float 0x3E205C6100000000, float 0x3E205C6100000000>
  %v98 = fadd <8 x float> %v96, %v97
  %v99 = fmul <8 x float> %v98, %v98
  %v100 = call <8 x float> @llvm.fma.v8f32(<8 x float> <float 0x3F56BEB9E0000000, float 0x3F56BEB9E0000000, float 0x3F56BEB9E0000000, float 0x3F56BEB9E0000000, float 0x3F56BEB9E0000000, float 0x3F56BEB9E0000000, float 0x3F56BEB9E0000000, float 0x3F56BEB9E0000000>, <8 x float> %v98, <8 x float> <float 0x3F8122C320000000, float 0x3F8122C320000000, float 0x3F8122C320000000, float 0x3F8122C320000000, float 0x3F8122C320000000, float 0x3F8122C320000000, float 0x3F8122C320000000, float 0x3F8122C320000000>)
  %v101 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v100, <8 x float> %v98, <8 x float> <float 0x3FA5556DA0000000, float 0x3FA5556DA0000000, float 0x3FA5556DA0000000, float 0x3FA5556DA0000000, float 0x3FA5556DA0000000, float 0x3FA5556DA0000000, float 0x3FA5556DA0000000, float 0x3FA5556DA0000000>)
  %v102 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v98, <8 x float> <float 0x3FC5554AA0000000, float 0x3FC5554AA0000000, float 0x3FC5554AA0000000, float 0x3FC5554AA0000000, float 0x3FC5554AA0000000, float 0x3FC5554AA0000000, float 0x3FC5554AA0000000, float 0x3FC5554AA0000000>)
  %v103 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v102, <8 x float> %v98, <8 x float> <float 0x3FDFFFFFE0000000, float 0x3FDFFFFFE0000000, float 0x3FDFFFFFE0000000, float 0x3FDFFFFFE0000000, float 0x3FDFFFFFE0000000, float 0x3FDFFFFFE0000000, float 0x3FDFFFFFE0000000, float 0x3FDFFFFFE0000000>)
  %v104 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v99, <8 x float> %v103, <8 x float> %v97)
  %v105 = fadd <8 x float> %v96, %v104
  %v106 = lshr <8 x i32> %v94, <i32 1, i32 1, i32 1, i32 1, i32 1, i32 1, i32 1, i32 1>
  %v107 = fadd <8 x float> %v105, <float 0x3FF0000000000000, float 0x3FF0000000000000, float 0x3FF0000000000000, float 0x3FF0000000000000, float 0x3FF0000000000000, float 0x3FF0000000000000, float 0x3FF0000000000000, float 0x3FF0000000000000>
  %v108 = shl <8 x i32> %v106, <i32 23, i32 23, i32 23, i32 23, i32 23, i32 23, i32 23, i32 23>
  %v109 = bitcast <8 x i32> %v108 to <8 x float>
  %v110 = fmul <8 x float> %v107, %v109
  %v111 = sub <8 x i32> %v94, %v106
  %v112 = shl <8 x i32> %v111, <i32 23, i32 23, i32 23, i32 23, i32 23, i32 23, i32 23, i32 23>
  %v113 = bitcast <8 x i32> %v112 to <8 x float>
  %v114 = fmul <8 x float> %v110, %v113
  %v115 = mul i64 8, %v8
  %v116 = mul i64 %v44, 8
  %p43 = getelementptr float, ptr %v21, i64 %v116
  store <8 x float> %v114, ptr %p43, align 4
  %v117 = mul i64 8, %v8
  %v118 = mul i64 %v44, 8
  %p44 = getelementptr float, ptr %v21, i64 %v118
  %v119 = load <8 x float>, ptr %p44, align 4
  %v120 = fadd <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %v119
  %v121 = shufflevector <8 x float> %v120, <8 x float> %v120, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
  %v122 = shufflevector <8 x float> %v120, <8 x float> %v120, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
  %v123 = fadd <4 x float> %v121, %v122
  %v124 = shufflevector <4 x float> %v123, <4 x float> %v123, <2 x i32> <i32 0, i32 1>
  %v125 = shufflevector <4 x float> %v123, <4 x float> %v123, <2 x i32> <i32 2, i32 3>
  %v126 = fadd <2 x float> %v124, %v125
  %v127 = extractelement <2 x float> %v126, i64 0
  %v128 = extractelement <2 x float> %v126, i64 1
  %v129 = fadd float %v127, %v128
  %v130 = fcmp olt float %v129, 0x3810000000000000
  %v131 = fmul float %v129, 0x4180000000000000
  %v132 = select i1 %v130, float %v131, float %v129
  %v133 = bitcast float %v132 to i32
  %v134 = sub i32 %v133, -4913933
  %v135 = lshr i32 %v134, 23
  %v136 = sub i32 %v135, 127
  %v137 = shl i32 %v136, 23
  %v138 = sub i32 %v133, %v137
  %v139 = bitcast i32 %v138 to float
  %v140 = select i1 %v130, i32 25, i32 0
  %v141 = sub i32 %v136, %v140
  %v142 = fadd float %v139, 0xBFF0000000000000
  %v143 = add i32 %v141, 1262485504
  %v144 = bitcast i32 %v143 to float
  %v145 = fsub float %v144, 0x4168000000000000
  %v146 = fadd float %v142, 0x4000000000000000
  %v147 = fdiv float %v142, %v146
  %v148 = fmul float %v147, %v147
  %v149 = call float @llvm.fma.f32(float 0x3FD1ECA060000000, float %v148, float 0x3FD1EC0420000000)
  %v150 = call float @llvm.fma.f32(float %v149, float %v148, float 0x3FD99D1CC0000000)
  %v151 = call float @llvm.fma.f32(float %v150, float %v148, float 0x3FE5555020000000)
  %v152 = fmul float %v148, %v151
  %v153 = fmul float %v142, %v142
  %v154 = fmul float %v153, 0x3FE0000000000000
  %v155 = fadd float %v154, %v152
  %v156 = fmul float %v147, %v155
  %v157 = call float @llvm.fma.f32(float %v145, float 0xBE205C6100000000, float %v156)
  %v158 = fsub float %v154, %v157
  %v159 = fsub float %v142, %v158
  %v160 = call float @llvm.fma.f32(float %v145, float 0x3FE62E4300000000, float %v159)
  %v161 = fcmp oeq float %v129, 0x7FF0000000000000
  %v162 = select i1 %v161, float 0x7FF0000000000000, float %v160
  %v163 = fcmp oeq float %v129, 0x0000000000000000
  %v164 = select i1 %v163, float 0xFFF0000000000000, float %v162
  %v165 = fcmp ult float %v129, 0x0000000000000000
  %v166 = select i1 %v165, float 0x7FF8000000000000, float %v164
  %p45 = getelementptr float, ptr %v22, i64 %v44
  store float %v166, ptr %p45, align 4
  %v167 = fdiv float 0x3FF0000000000000, %v129
  %p46 = getelementptr float, ptr %v23, i64 %v44
  store float %v167, ptr %p46, align 4
  %v168 = mul i64 8, %v8
  %v169 = mul i64 %v44, 8
  %p47 = getelementptr float, ptr %v17, i64 %v169
  %v170 = load <8 x float>, ptr %p47, align 4
  %v171 = mul i64 8, %v8
  %v172 = mul i64 %v44, 8
  %p48 = getelementptr float, ptr %v20, i64 %v172
  %v173 = load <8 x float>, ptr %p48, align 4
  %v174 = fmul <8 x float> %v170, %v173
  %v175 = fadd <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %v174
  %v176 = shufflevector <8 x float> %v175, <8 x float> %v175, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
  %v177 = shufflevector <8 x float> %v175, <8 x float> %v175, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
  %v178 = fadd <4 x float> %v176, %v177
  %v179 = shufflevector <4 x float> %v178, <4 x float> %v178, <2 x i32> <i32 0, i32 1>
  %v180 = shufflevector <4 x float> %v178, <4 x float> %v178, <2 x i32> <i32 2, i32 3>
  %v181 = fadd <2 x float> %v179, %v180
  %v182 = extractelement <2 x float> %v181, i64 0
  %v183 = extractelement <2 x float> %v181, i64 1
  %v184 = fadd float %v182, %v183
  %p49 = getelementptr float, ptr %v22, i64 %v44
  %v185 = load float, ptr %p49, align 4
  %v186 = fsub float %v185, %v184
  %p50 = getelementptr float, ptr %v24, i64 %v44
  store float %v186, ptr %p50, align 4
  %p51 = getelementptr float, ptr %v23, i64 %v44
  %v187 = load float, ptr %p51, align 4
  %s52 = insertelement <8 x float> poison, float %v187, i64 0
  %v188 = shufflevector <8 x float> %s52, <8 x float> poison, <8 x i32> zeroinitializer
  %v189 = mul i64 8, %v8
  %v190 = mul i64 %v44, 8
  %p53 = getelementptr float, ptr %v21, i64 %v190
  %v191 = load <8 x float>, ptr %p53, align 4
  %v192 = fmul <8 x float> %v188, %v191
  %v193 = mul i64 8, %v8
  %v194 = mul i64 %v44, 8
  %p54 = getelementptr float, ptr %v18, i64 %v194
  %v195 = load <8 x float>, ptr %p54, align 4
  %v196 = fadd <8 x float> %v195, %v192
  %v197 = mul i64 8, %v8
  %v198 = mul i64 %v44, 8
  %p55 = getelementptr float, ptr %v25, i64 %v198
  store <8 x float> %v196, ptr %p55, align 4
  %nextturn7 = add i64 %v44, 1
  %moreturn7 = icmp slt i64 %nextturn7, %v30
  br i1 %moreturn7, label %turn7, label %after8
after8:
  %p56 = getelementptr i64, ptr %v4, i64 0
  %v199 = load i64, ptr %p56, align 8
  %v200 = icmp sle i64 %v199, %v26
  br i1 %v200, label %leave, label %after9
after9:
  %v201 = sub i64 %v27, %v13
  %anyturn10 = icmp slt i64 0, %v30
  br i1 %anyturn10, label %turn10, label %after11
turn10:
  %v202 = phi i64 [ 0, %after9 ], [ %nextturn10, %turn10 ]
  %p57 = getelementptr float, ptr %v24, i64 %v202
  %v203 = load float, ptr %p57, align 4
  %v204 = add i64 %v201, %v202
  %p58 = getelementptr float, ptr %v11, i64 %v204
  store float %v203, ptr %p58, align 4
  %nextturn10 = add i64 %v202, 1
  %moreturn10 = icmp slt i64 %nextturn10, %v30
  br i1 %moreturn10, label %turn10, label %after11
after11:
  %v205 = mul i64 %v201, 8
  %anyturn12 = icmp slt i64 0, %v30
  br i1 %anyturn12, label %turn12, label %after13
turn12:
  %v206 = phi i64 [ 0, %after11 ], [ %nextturn12, %turn12 ]
  %v207 = mul i64 8, %v8
  %v208 = mul i64 %v206, 8
  %p59 = getelementptr float, ptr %v25, i64 %v208
  %v209 = load <8 x float>, ptr %p59, align 4
  %v210 = mul i64 8, %v8
  %v211 = mul i64 %v206, 8
  %v212 = add i64 %v205, %v211
  %p60 = getelementptr float, ptr %v12, i64 %v212
  store <8 x float> %v209, ptr %p60, align 4
  %nextturn12 = add i64 %v206, 1
  %moreturn12 = icmp slt i64 %nextturn12, %v30
  br i1 %moreturn12, label %turn12, label %after13
after13:
  %nextturn1 = add i64 %v26, 1
  %moreturn1 = icmp slt i64 %nextturn1, %v2
  br i1 %moreturn1, label %turn1, label %after2
after2:
  br label %leave
leave:
  ret void
}
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
declare float @llvm.fma.f32(float, float, float)
attributes #0 = { nounwind }

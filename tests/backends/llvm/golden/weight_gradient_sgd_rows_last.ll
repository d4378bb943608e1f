define void @run(ptr %v1, i64 %v2, i64 %v3, ptr %meeting) #0 {
entry:
  %control = alloca i32
  %flushing = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %control)
  %control.now = load i32, ptr %control
  %control.new = or i32 %control.now, 32768
  store i32 %control.new, ptr %flushing
  call void @llvm.x86.sse.ldmxcsr(ptr %flushing)
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
  %anyturn1 = icmp slt i64 0, %v2
  br i1 %anyturn1, label %turn1, label %after2
turn1:
  %v18 = phi i64 [ 0, %entry ], [ %nextturn1, %after19 ]
  %p15 = getelementptr i64, ptr %v6, i64 %v18
  %v19 = load i64, ptr %p15, align 8
  %v20 = add i64 %v18, 1
  %p16 = getelementptr i64, ptr %v6, i64 %v20
  %v21 = load i64, ptr %p16, align 8
  %v22 = sub i64 %v21, %v19
  %anyturn3 = icmp slt i64 0, %v22
  br i1 %anyturn3, label %turn3, label %after4
turn3:
  %v23 = phi i64 [ 0, %turn1 ], [ %nextturn3, %after6 ]
  %v24 = add i64 %v19, %v23
  %p17 = getelementptr i64, ptr %v5, i64 %v24
  %v25 = load i64, ptr %p17, align 8
  %v26 = mul i64 %v25, 2
  br label %turn5
turn5:
  %v27 = phi i64 [ 0, %turn3 ], [ %nextturn5, %turn5 ]
  %v28 = add i64 %v26, %v27
  %p18 = getelementptr float, ptr %v10, i64 %v28
  %v29 = load float, ptr %p18, align 4
  %v30 = mul i64 %v8, 2
  %v31 = mul i64 %v27, %v8
  %v32 = add i64 %v31, %v23
  %p19 = getelementptr float, ptr %v14, i64 %v32
  store float %v29, ptr %p19, align 4
  %nextturn5 = add i64 %v27, 1
  %moreturn5 = icmp slt i64 %nextturn5, 2
  br i1 %moreturn5, label %turn5, label %after6
after6:
  %nextturn3 = add i64 %v23, 1
  %moreturn3 = icmp slt i64 %nextturn3, %v22
  br i1 %moreturn3, label %turn3, label %after4
after4:
  %anyturn7 = icmp slt i64 0, %v22
  br i1 %anyturn7, label %turn7, label %after8
turn7:
  %v33 = phi i64 [ 0, %after4 ], [ %nextturn7, %after10 ]
  %v34 = add i64 %v19, %v33
  %p20 = getelementptr i64, ptr %v5, i64 %v34
  %v35 = load i64, ptr %p20, align 8
  %v36 = mul i64 %v35, 8
  br label %turn9
turn9:
  %v37 = phi i64 [ 0, %turn7 ], [ %nextturn9, %turn9 ]
  %v38 = add i64 %v36, %v37
  %p21 = getelementptr float, ptr %v11, i64 %v38
  %v39 = load float, ptr %p21, align 4
  %v40 = mul i64 %v8, 8
  %v41 = mul i64 %v37, %v8
  %v42 = add i64 %v41, %v33
  %p22 = getelementptr float, ptr %v15, i64 %v42
  store float %v39, ptr %p22, align 4
  %nextturn9 = add i64 %v37, 1
  %moreturn9 = icmp slt i64 %nextturn9, 8
  br i1 %moreturn9, label %turn9, label %after10
after10:
  %nextturn7 = add i64 %v33, 1
  %moreturn7 = icmp slt i64 %nextturn7, %v22
  br i1 %moreturn7, label %turn7, label %after8
after8:
  %p23 = getelementptr i8, ptr %v7, i64 %v18
  %v43 = load i8, ptr %p23, align 1
  %v44 = icmp ne i8 %v43, 0
  br label %turn11
turn11:
  %v45 = phi i64 [ 0, %after8 ], [ %nextturn11, %after18 ]
  %v46 = udiv i64 %v22, 8
  %v47 = mul i64 %v46, 8
  %anyturn13 = icmp slt i64 0, %v47
  br i1 %anyturn13, label %turn13, label %after14
turn13:
  %v48 = phi i64 [ 0, %turn11 ], [ %nextturn13, %turn13 ]
  %v49 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ], [ %v90, %turn13 ]
  %v50 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ], [ %v91, %turn13 ]
  %v51 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ], [ %v92, %turn13 ]
  %v52 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ], [ %v93, %turn13 ]
  %v53 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ], [ %v94, %turn13 ]
  %v54 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ], [ %v95, %turn13 ]
  %v55 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ], [ %v96, %turn13 ]
  %v56 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ], [ %v97, %turn13 ]
  %v57 = mul i64 %v8, 2
  %v58 = mul i64 %v45, %v8
  %v59 = add i64 %v58, %v48
  %p24 = getelementptr float, ptr %v14, i64 %v59
  %v60 = load <8 x float>, ptr %p24, align 4
  %v61 = mul i64 %v8, 8
  %p25 = getelementptr float, ptr %v15, i64 %v48
  %v62 = load <8 x float>, ptr %p25, align 4
  %v63 = mul i64 %v8, 8
  %v64 = add i64 %v8, %v48
  %p26 = getelementptr float, ptr %v15, i64 %v64
  %v65 = load <8 x float>, ptr %p26, align 4
  %v66 = mul i64 %v8, 8
  %v67 = mul i64 2, %v8
  %v68 = add i64 %v67, %v48
  %p27 = getelementptr float, ptr %v15, i64 %v68
  %v69 = load <8 x float>, ptr %p27, align 4
  %v70 = mul i64 %v8, 8
  %v71 = mul i64 3, %v8
  %v72 = add i64 %v71, %v48
  %p28 = getelementptr float, ptr %v15, i64 %v72
  %v73 = load <8 x float>, ptr %p28, align 4
  %v74 = mul i64 %v8, 8
  %v75 = mul i64 4, %v8
  %v76 = add i64 %v75, %v48
  %p29 = getelementptr float, ptr %v15, i64 %v76
  %v77 = load <8 x float>, ptr %p29, align 4
  %v78 = mul i64 %v8, 8
  %v79 = mul i64 5, %v8
  %v80 = add i64 %v79, %v48
  %p30 = getelementptr float, ptr %v15, i64 %v80
  %v81 = load <8 x float>, ptr %p30, align 4
  %v82 = mul i64 %v8, 8
  %v83 = mul i64 6, %v8
  %v84 = add i64 %v83, %v48
  %p31 = getelementptr float, ptr %v15, i64 %v84
  %v85 = load <8 x float>, ptr %p31, align 4
  %v86 = mul i64 %v8, 8
  %v87 = mul i64 7, %v8
  %v88 = add i64 %v87, %v48
  %p32 = getelementptr float, ptr %v15, i64 %v88
  %v89 = load <8 x float>, ptr %p32, align 4
  %v90 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v62, <8 x float> %v49)
  %v91 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v65, <8 x float> %v50)
  %v92 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v69, <8 x float> %v51)
  %v93 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v73, <8 x float> %v52)
  %v94 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v77, <8 x float> %v53)
  %v95 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v81, <8 x float> %v54)
  %v96 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v85, <8 x float> %v55)
  %v97 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v89, <8 x float> %v56)
  %nextturn13 = add i64 %v48, 8
  %moreturn13 = icmp slt i64 %nextturn13, %v47
  br i1 %moreturn13, label %turn13, label %after14
after14:
  %v98 = phi <8 x float> [ %v90, %turn13 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ]
  %v99 = phi <8 x float> [ %v91, %turn13 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ]
  %v100 = phi <8 x float> [ %v92, %turn13 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ]
  %v101 = phi <8 x float> [ %v93, %turn13 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ]
  %v102 = phi <8 x float> [ %v94, %turn13 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ]
  %v103 = phi <8 x float> [ %v95, %turn13 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ]
  %v104 = phi <8 x float> [ %v96, %turn13 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ]
  %v105 = phi <8 x float> [ %v97, %turn13 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %turn11 ]
  %anyturn15 = icmp slt i64 %v47, %v22
  br i1 %anyturn15, label %turn15, label %after16
turn15:
  %v106 = phi i64 [ %v47, %after14 ], [ %nextturn15, %turn15 ]
  %v107 = phi <8 x float> [ %v98, %after14 ], [ %v160, %turn15 ]
  %v108 = phi <8 x float> [ %v99, %after14 ], [ %v161, %turn15 ]
  %v109 = phi <8 x float> [ %v100, %after14 ], [ %v162, %turn15 ]
  %v110 = phi <8 x float> [ %v101, %after14 ], [ %v163, %turn15 ]
  %v111 = phi <8 x float> [ %v102, %after14 ], [ %v164, %turn15 ]
  %v112 = phi <8 x float> [ %v103, %after14 ], [ %v165, %turn15 ]
  %v113 = phi <8 x float> [ %v104, %after14 ], [ %v166, %turn15 ]
  %v114 = phi <8 x float> [ %v105, %after14 ], [ %v167, %turn15 ]
  %s34 = insertelement <8 x i64> poison, i64 %v106, i64 0
  %s33 = shufflevector <8 x i64> %s34, <8 x i64> poison, <8 x i32> zeroinitializer
  %v115 = add <8 x i64> %s33, <i64 0, i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7>
  %s35 = insertelement <8 x i64> poison, i64 %v22, i64 0
  %v116 = shufflevector <8 x i64> %s35, <8 x i64> poison, <8 x i32> zeroinitializer
  %v117 = icmp slt <8 x i64> %v115, %v116
  %v118 = mul i64 %v8, 2
  %v119 = mul i64 %v45, %v8
  %v120 = add i64 %v119, %v106
  %p36 = getelementptr float, ptr %v14, i64 %v120
  %v121 = load <8 x float>, ptr %p36, align 4
  %v122 = select <8 x i1> %v117, <8 x float> %v121, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v123 = mul i64 %v8, 8
  %p37 = getelementptr float, ptr %v15, i64 %v106
  %v124 = load <8 x float>, ptr %p37, align 4
  %v125 = select <8 x i1> %v117, <8 x float> %v124, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v126 = mul i64 %v8, 8
  %v127 = add i64 %v8, %v106
  %p38 = getelementptr float, ptr %v15, i64 %v127
  %v128 = load <8 x float>, ptr %p38, align 4
  %v129 = select <8 x i1> %v117, <8 x float> %v128, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v130 = mul i64 %v8, 8
  %v131 = mul i64 2, %v8
  %v132 = add i64 %v131, %v106
  %p39 = getelementptr float, ptr %v15, i64 %v132
  %v133 = load <8 x float>, ptr %p39, align 4
  %v134 = select <8 x i1> %v117, <8 x float> %v133, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v135 = mul i64 %v8, 8
  %v136 = mul i64 3, %v8
  %v137 = add i64 %v136, %v106
  %p40 = getelementptr float, ptr %v15, i64 %v137
  %v138 = load <8 x float>, ptr %p40, align 4
  %v139 = select <8 x i1> %v117, <8 x float> %v138, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v140 = mul i64 %v8, 8
  %v141 = mul i64 4, %v8
  %v142 = add i64 %v141, %v106
  %p41 = getelementptr float, ptr %v15, i64 %v142
  %v143 = load <8 x float>, ptr %p41, align 4
  %v144 = select <8 x i1> %v117, <8 x float> %v143, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v145 = mul i64 %v8, 8
  %v146 = mul i64 5, %v8
  %v147 = add i64 %v146, %v106
  %p42 = getelementptr float, ptr %v15, i64 %v147
  %v148 = load <8 x float>, ptr %p42, align 4
  %v149 = select <8 x i1> %v117, <8 x float> %v148, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v150 = mul i64 %v8, 8
  %v151 = mul i64 6, %v8
  %v152 = add i64 %v151, %v106
  %p43 = getelementptr float, ptr %v15, i64 %v152
  %v153 = load <8 x float>, ptr %p43, align 4
  %v154 = select <8 x i1> %v117, <8 x float> %v153, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v155 = mul i64 %v8, 8
  %v156 = mul i64 7, %v8
  %v157 = add i64 %v156, %v106
  %p44 = getelementptr float, ptr %v15, i64 %v157
  %v158 = load <8 x float>, ptr %p44, align 4
  %v159 = select <8 x i1> %v117, <8 x float> %v158, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>
  %v160 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v122, <8 x float> %v125, <8 x float> %v107)
  %v161 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v122, <8 x float> %v129, <8 x float> %v108)
  %v162 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v122, <8 x float> %v134, <8 x float> %v109)
  %v163 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v122, <8 x float> %v139, <8 x float> %v110)
  %v164 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v122, <8 x float> %v144, <8 x float> %v111)
  %v165 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v122, <8 x float> %v149, <8 x float> %v112)
  %v166 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v122, <8 x float> %v154, <8 x float> %v113)
  %v167 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v122, <8 x float> %v159, <8 x float> %v114)
  %nextturn15 = add i64 %v106, 8
  %moreturn15 = icmp slt i64 %nextturn15, %v22
  br i1 %moreturn15, label %turn15, label %after16
after16:
  %v168 = phi <8 x float> [ %v160, %turn15 ], [ %v98, %after14 ]
  %v169 = phi <8 x float> [ %v161, %turn15 ], [ %v99, %after14 ]
  %v170 = phi <8 x float> [ %v162, %turn15 ], [ %v100, %after14 ]
  %v171 = phi <8 x float> [ %v163, %turn15 ], [ %v101, %after14 ]
  %v172 = phi <8 x float> [ %v164, %turn15 ], [ %v102, %after14 ]
  %v173 = phi <8 x float> [ %v165, %turn15 ], [ %v103, %after14 ]
  %v174 = phi <8 x float> [ %v166, %turn15 ], [ %v104, %after14 ]
  %v175 = phi <8 x float> [ %v167, %turn15 ], [ %v105, %after14 ]
  %v176 = shufflevector <8 x float> %v168, <8 x float> %v172, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v177 = shufflevector <8 x float> %v168, <8 x float> %v172, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v178 = fadd <8 x float> %v176, %v177
  %v179 = shufflevector <8 x float> %v169, <8 x float> %v173, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v180 = shufflevector <8 x float> %v169, <8 x float> %v173, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v181 = fadd <8 x float> %v179, %v180
  %v182 = shufflevector <8 x float> %v170, <8 x float> %v174, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v183 = shufflevector <8 x float> %v170, <8 x float> %v174, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v184 = fadd <8 x float> %v182, %v183
  %v185 = shufflevector <8 x float> %v171, <8 x float> %v175, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v186 = shufflevector <8 x float> %v171, <8 x float> %v175, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v187 = fadd <8 x float> %v185, %v186
  %v188 = shufflevector <8 x float> %v178, <8 x float> %v184, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %v189 = shufflevector <8 x float> %v178, <8 x float> %v184, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %v190 = fadd <8 x float> %v188, %v189
  %v191 = shufflevector <8 x float> %v181, <8 x float> %v187, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %v192 = shufflevector <8 x float> %v181, <8 x float> %v187, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %v193 = fadd <8 x float> %v191, %v192
  %v194 = shufflevector <8 x float> %v190, <8 x float> %v193, <8 x i32> <i32 0, i32 8, i32 2, i32 10, i32 4, i32 12, i32 6, i32 14>
  %v195 = shufflevector <8 x float> %v190, <8 x float> %v193, <8 x i32> <i32 1, i32 9, i32 3, i32 11, i32 5, i32 13, i32 7, i32 15>
  %v196 = fadd <8 x float> %v194, %v195
  %v197 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v196, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>)
  %p45 = getelementptr float, ptr %v12, i64 %v18
  %v198 = load float, ptr %p45, align 4
  %s46 = insertelement <8 x float> poison, float %v198, i64 0
  %v199 = shufflevector <8 x float> %s46, <8 x float> poison, <8 x i32> zeroinitializer
  %v200 = fmul <8 x float> %v199, %v196
  %v201 = fneg <8 x float> %v200
  %v202 = mul i64 %v45, 8
  %p47 = getelementptr float, ptr %v9, i64 %v202
  %v203 = load <8 x float>, ptr %p47, align 4
  %v204 = fadd <8 x float> %v203, %v201
  %v205 = mul i64 %v45, 8
  %p48 = getelementptr float, ptr %v9, i64 %v205
  store <8 x float> %v204, ptr %p48, align 4
  %v206 = fcmp uno <8 x float> %v197, %v197
  %v207 = call i1 @llvm.vector.reduce.or.v8i1(<8 x i1> %v206)
  br i1 %v207, label %then17, label %after18
then17:
  %p49 = getelementptr i64, ptr %v4, i64 0
  %a49 = atomicrmw min ptr %p49, i64 %v18 monotonic
  br label %after18
after18:
  %nextturn11 = add i64 %v45, 1
  %moreturn11 = icmp slt i64 %nextturn11, 2
  br i1 %moreturn11, label %turn11, label %after12
after12:
  %p50 = getelementptr i64, ptr %v4, i64 0
  %v208 = load i64, ptr %p50, align 8
  %v209 = icmp sle i64 %v208, %v18
  br i1 %v209, label %leave, label %after19
after19:
  %v210 = sub i64 %v19, %v13
  %nextturn1 = add i64 %v18, 1
  %moreturn1 = icmp slt i64 %nextturn1, %v2
  br i1 %moreturn1, label %turn1, label %after2
after2:
  br label %leave
leave:
  call void @llvm.x86.sse.ldmxcsr(ptr %control)
  ret void
}
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
declare i1 @llvm.vector.reduce.or.v8i1(<8 x i1>)
attributes #0 = { nounwind }

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
  %p10 = getelementptr ptr, ptr %v1, i64 8
  %v13 = load ptr, ptr %p10, align 8
  %p11 = getelementptr ptr, ptr %v1, i64 9
  %v14 = load ptr, ptr %p11, align 8
  %p12 = getelementptr ptr, ptr %v1, i64 10
  %v15 = load ptr, ptr %p12, align 8
  %p13 = getelementptr ptr, ptr %v1, i64 11
  %v16 = load ptr, ptr %p13, align 8
  %p14 = getelementptr i64, ptr %v6, i64 0
  %v17 = load i64, ptr %p14, align 8
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
  %p23 = getelementptr ptr, ptr %v1, i64 20
  %v26 = load ptr, ptr %p23, align 8
  %p24 = getelementptr ptr, ptr %v1, i64 21
  %v27 = load ptr, ptr %p24, align 8
  %p25 = getelementptr ptr, ptr %v1, i64 22
  %v28 = load ptr, ptr %p25, align 8
  %p26 = getelementptr ptr, ptr %v1, i64 23
  %v29 = load ptr, ptr %p26, align 8
  %p27 = getelementptr ptr, ptr %v1, i64 24
  %v30 = load ptr, ptr %p27, align 8
  %p28 = getelementptr ptr, ptr %v1, i64 25
  %v31 = load ptr, ptr %p28, align 8
  %anyturn1 = icmp slt i64 0, %v2
  br i1 %anyturn1, label %turn1, label %after2
turn1:
  %v32 = phi i64 [ 0, %entry ], [ %nextturn1, %after13 ]
  %p29 = getelementptr i64, ptr %v6, i64 %v32
  %v33 = load i64, ptr %p29, align 8
  %v34 = add i64 %v32, 1
  %p30 = getelementptr i64, ptr %v6, i64 %v34
  %v35 = load i64, ptr %p30, align 8
  %v36 = sub i64 %v35, %v33
  %anyturn3 = icmp slt i64 0, %v36
  br i1 %anyturn3, label %turn3, label %after4
turn3:
  %v37 = phi i64 [ 0, %turn1 ], [ %nextturn3, %after6 ]
  %v38 = add i64 %v33, %v37
  %p31 = getelementptr i64, ptr %v5, i64 %v38
  %v39 = load i64, ptr %p31, align 8
  %v40 = mul i64 %v39, 2
  br label %turn5
turn5:
  %v41 = phi i64 [ 0, %turn3 ], [ %nextturn5, %turn5 ]
  %v42 = add i64 %v40, %v41
  %p32 = getelementptr float, ptr %v14, i64 %v42
  %v43 = load float, ptr %p32, align 4
  %v44 = mul i64 8, %v8
  %v45 = mul i64 %v37, 8
  %v46 = add i64 %v45, %v41
  %p33 = getelementptr float, ptr %v18, i64 %v46
  store float %v43, ptr %p33, align 4
  %nextturn5 = add i64 %v41, 1
  %moreturn5 = icmp slt i64 %nextturn5, 2
  br i1 %moreturn5, label %turn5, label %after6
after6:
  %nextturn3 = add i64 %v37, 1
  %moreturn3 = icmp slt i64 %nextturn3, %v36
  br i1 %moreturn3, label %turn3, label %after4
after4:
  %anyturn7 = icmp slt i64 0, %v36
  br i1 %anyturn7, label %turn7, label %after8
turn7:
  %v47 = phi i64 [ 0, %after4 ], [ %nextturn7, %turn7 ]
  %v48 = add i64 %v33, %v47
  %p34 = getelementptr i64, ptr %v5, i64 %v48
  %v49 = load i64, ptr %p34, align 8
  %v50 = mul i64 %v49, 8
  %p35 = getelementptr float, ptr %v15, i64 %v50
  %v51 = load <8 x float>, ptr %p35, align 4
  %v52 = mul i64 8, %v8
  %v53 = mul i64 %v47, 8
  %p36 = getelementptr float, ptr %v19, i64 %v53
  store <8 x float> %v51, ptr %p36, align 4
  %nextturn7 = add i64 %v47, 1
  %moreturn7 = icmp slt i64 %nextturn7, %v36
  br i1 %moreturn7, label %turn7, label %after8
after8:
  %p37 = getelementptr i8, ptr %v7, i64 %v32
  %v54 = load i8, ptr %p37, align 1
  %v55 = icmp ne i8 %v54, 0
  %p38 = getelementptr float, ptr %v12, i64 0
  %v56 = load float, ptr %p38, align 4
  %v57 = fmul float 0x3FECCCCCC0000000, %v56
  %v58 = fadd float %v57, 0x3FB99999A0000000
  %p39 = getelementptr float, ptr %v12, i64 0
  store float %v58, ptr %p39, align 4
  %v59 = fdiv float 0x3FF0000000000000, %v58
  %p40 = getelementptr float, ptr %v21, i64 0
  store float %v59, ptr %p40, align 4
  %p41 = getelementptr float, ptr %v13, i64 0
  %v60 = load float, ptr %p41, align 4
  %v61 = fmul float 0x3FEFF7CEE0000000, %v60
  %v62 = fadd float %v61, 0x3F50624DE0000000
  %p42 = getelementptr float, ptr %v13, i64 0
  store float %v62, ptr %p42, align 4
  %v63 = fdiv float 0x3FF0000000000000, %v62
  %p43 = getelementptr float, ptr %v23, i64 0
  store float %v63, ptr %p43, align 4
  %anyturn9 = icmp slt i64 0, %v36
  br i1 %anyturn9, label %turn9, label %after10
turn9:
  %v64 = phi i64 [ 0, %after8 ], [ %nextturn9, %turn9 ]
  %v65 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %after8 ], [ %v74, %turn9 ]
  %v66 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %after8 ], [ %v80, %turn9 ]
  %v67 = mul i64 8, %v8
  %v68 = mul i64 %v64, 8
  %p44 = getelementptr float, ptr %v19, i64 %v68
  %v69 = load <8 x float>, ptr %p44, align 4
  %v70 = mul i64 8, %v8
  %v71 = mul i64 %v64, 8
  %p45 = getelementptr float, ptr %v18, i64 %v71
  %v72 = load float, ptr %p45, align 4
  %s46 = insertelement <8 x float> poison, float %v72, i64 0
  %v73 = shufflevector <8 x float> %s46, <8 x float> poison, <8 x i32> zeroinitializer
  %v74 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v73, <8 x float> %v69, <8 x float> %v65)
  %v75 = mul i64 8, %v8
  %v76 = mul i64 %v64, 8
  %v77 = add i64 %v76, 1
  %p47 = getelementptr float, ptr %v18, i64 %v77
  %v78 = load float, ptr %p47, align 4
  %s48 = insertelement <8 x float> poison, float %v78, i64 0
  %v79 = shufflevector <8 x float> %s48, <8 x float> poison, <8 x i32> zeroinitializer
  %v80 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v79, <8 x float> %v69, <8 x float> %v66)
  %nextturn9 = add i64 %v64, 1
  %moreturn9 = icmp slt i64 %nextturn9, %v36
  br i1 %moreturn9, label %turn9, label %after10
after10:
  %v81 = phi <8 x float> [ %v74, %turn9 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %after8 ]
  %v82 = phi <8 x float> [ %v80, %turn9 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %after8 ]
  %v83 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v81, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>)
  %v84 = fmul <8 x float> <float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000>, %v81
  %p49 = getelementptr float, ptr %v10, i64 0
  %v85 = load <8 x float>, ptr %p49, align 4
  %v86 = fmul <8 x float> <float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000>, %v85
  %v87 = fadd <8 x float> %v86, %v84
  %p50 = getelementptr float, ptr %v10, i64 0
  store <8 x float> %v87, ptr %p50, align 4
  %v88 = fmul <8 x float> %v81, %v81
  %v89 = fmul <8 x float> <float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000>, %v88
  %p51 = getelementptr float, ptr %v11, i64 0
  %v90 = load <8 x float>, ptr %p51, align 4
  %v91 = fmul <8 x float> <float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000>, %v90
  %v92 = fadd <8 x float> %v91, %v89
  %p52 = getelementptr float, ptr %v11, i64 0
  store <8 x float> %v92, ptr %p52, align 4
  %p53 = getelementptr float, ptr %v21, i64 0
  %v93 = load float, ptr %p53, align 4
  %s54 = insertelement <8 x float> poison, float %v93, i64 0
  %v94 = shufflevector <8 x float> %s54, <8 x float> poison, <8 x i32> zeroinitializer
  %v95 = fmul <8 x float> %v87, %v94
  %p55 = getelementptr float, ptr %v23, i64 0
  %v96 = load float, ptr %p55, align 4
  %s56 = insertelement <8 x float> poison, float %v96, i64 0
  %v97 = shufflevector <8 x float> %s56, <8 x float> poison, <8 x i32> zeroinitializer
  %v98 = fmul <8 x float> %v92, %v97
  %v99 = call <8 x float> @llvm.sqrt.v8f32(<8 x float> %v98)
  %v100 = fadd <8 x float> %v99, <float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000>
  %v101 = fdiv <8 x float> %v95, %v100
  %p57 = getelementptr float, ptr %v16, i64 %v32
  %v102 = load float, ptr %p57, align 4
  %s58 = insertelement <8 x float> poison, float %v102, i64 0
  %v103 = shufflevector <8 x float> %s58, <8 x float> poison, <8 x i32> zeroinitializer
  %v104 = fmul <8 x float> %v103, %v101
  %v105 = fneg <8 x float> %v104
  %p59 = getelementptr float, ptr %v9, i64 0
  %v106 = load <8 x float>, ptr %p59, align 4
  %v107 = fadd <8 x float> %v106, %v105
  %p60 = getelementptr float, ptr %v9, i64 0
  store <8 x float> %v107, ptr %p60, align 4
  %v108 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v82, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, <8 x float> %v83)
  %v109 = fmul <8 x float> <float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000, float 0x3FB99999A0000000>, %v82
  %p61 = getelementptr float, ptr %v10, i64 8
  %v110 = load <8 x float>, ptr %p61, align 4
  %v111 = fmul <8 x float> <float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000, float 0x3FECCCCCC0000000>, %v110
  %v112 = fadd <8 x float> %v111, %v109
  %p62 = getelementptr float, ptr %v10, i64 8
  store <8 x float> %v112, ptr %p62, align 4
  %v113 = fmul <8 x float> %v82, %v82
  %v114 = fmul <8 x float> <float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000, float 0x3F50624DE0000000>, %v113
  %p63 = getelementptr float, ptr %v11, i64 8
  %v115 = load <8 x float>, ptr %p63, align 4
  %v116 = fmul <8 x float> <float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000, float 0x3FEFF7CEE0000000>, %v115
  %v117 = fadd <8 x float> %v116, %v114
  %p64 = getelementptr float, ptr %v11, i64 8
  store <8 x float> %v117, ptr %p64, align 4
  %p65 = getelementptr float, ptr %v21, i64 0
  %v118 = load float, ptr %p65, align 4
  %s66 = insertelement <8 x float> poison, float %v118, i64 0
  %v119 = shufflevector <8 x float> %s66, <8 x float> poison, <8 x i32> zeroinitializer
  %v120 = fmul <8 x float> %v112, %v119
  %p67 = getelementptr float, ptr %v23, i64 0
  %v121 = load float, ptr %p67, align 4
  %s68 = insertelement <8 x float> poison, float %v121, i64 0
  %v122 = shufflevector <8 x float> %s68, <8 x float> poison, <8 x i32> zeroinitializer
  %v123 = fmul <8 x float> %v117, %v122
  %v124 = call <8 x float> @llvm.sqrt.v8f32(<8 x float> %v123)
  %v125 = fadd <8 x float> %v124, <float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000, float 0x3E45798EE0000000>
  %v126 = fdiv <8 x float> %v120, %v125
  %p69 = getelementptr float, ptr %v16, i64 %v32
  %v127 = load float, ptr %p69, align 4
  %s70 = insertelement <8 x float> poison, float %v127, i64 0
  %v128 = shufflevector <8 x float> %s70, <8 x float> poison, <8 x i32> zeroinitializer
  %v129 = fmul <8 x float> %v128, %v126
  %v130 = fneg <8 x float> %v129
  %p71 = getelementptr float, ptr %v9, i64 8
  %v131 = load <8 x float>, ptr %p71, align 4
  %v132 = fadd <8 x float> %v131, %v130
  %p72 = getelementptr float, ptr %v9, i64 8
  store <8 x float> %v132, ptr %p72, align 4
  %v133 = fcmp uno <8 x float> %v108, %v108
  %v134 = call i1 @llvm.vector.reduce.or.v8i1(<8 x i1> %v133)
  br i1 %v134, label %then11, label %after12
then11:
  %p73 = getelementptr i64, ptr %v4, i64 0
  %a73 = atomicrmw min ptr %p73, i64 %v32 monotonic
  br label %after12
after12:
  %p74 = getelementptr i64, ptr %v4, i64 0
  %v135 = load i64, ptr %p74, align 8
  %v136 = icmp sle i64 %v135, %v32
  br i1 %v136, label %leave, label %after13
after13:
  %v137 = sub i64 %v33, %v17
  %nextturn1 = add i64 %v32, 1
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
declare <8 x float> @llvm.sqrt.v8f32(<8 x float>)
declare i1 @llvm.vector.reduce.or.v8i1(<8 x i1>)
attributes #0 = { nounwind }
